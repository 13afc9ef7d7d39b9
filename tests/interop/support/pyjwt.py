"""Issues and verifies with PyJWT: one JSON request on standard input, one JSON answer on standard output."""

import json
import sys

import jwt

request = json.load(sys.stdin)
keys = jwt.PyJWKSet.from_dict(json.loads(request["jwks"]))
private = jwt.PyJWK(request["private"], algorithm="EdDSA").key


def verify(token):
    key = keys[jwt.get_unverified_header(token)["kid"]]
    try:
        # The test's time is not today, so PyJWT checks all but the time.
        return jwt.decode(
            token, key, algorithms=["EdDSA"], issuer=request["issuer"], audience=request["audience"],
            options={
                "require": ["iss", "aud", "jti", "iat", "exp"],
                "verify_exp": False, "verify_nbf": False, "verify_iat": False,
            },
        )
    except jwt.InvalidTokenError as error:
        return {"error": type(error).__name__}


json.dump(
    {
        "version": jwt.__version__,
        "verified": [verify(token) for token in request["tokens"]],
        "issued": [
            jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": request["kid"], "typ": "invite+jwt"})
            for claims in request["claims"]
        ],
    },
    sys.stdout,
)
