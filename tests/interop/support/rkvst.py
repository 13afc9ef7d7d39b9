"""Drives the vendor's own SDK: one JSON request on standard input, one JSON answer on standard output."""

import json
import sys
from importlib.metadata import version

from archivist.archivist import Archivist
from archivist.errors import ArchivistError

request = json.load(sys.stdin)
arch = Archivist(request["url"], (request["id"], request["secret"]))


def error(call):
    try:
        call()
    except ArchivistError as caught:
        return type(caught).__name__
    return None


def story(path):
    """Everything an Invites module of the SDK would do, with the calls that all its modules are made of."""
    url = f"{arch.root}/{path}"
    people = ["carol@example.com", "alice@example.com", "bob@example.com", "dan@example.com", "erin@example.com"]
    made = [arch.post(url, {"email": email, "message": f"Hello {email}"}) for email in people]
    one = made[2]
    own = f"{arch.root}/{path.rsplit('/', 1)[0]}/{one['identity']}"
    by_name = {"order_by": "DISPLAY_NAME"}
    told = {
        "created": made,
        "got": arch.get(own) == one,
        "listed": [invite["email"] for invite in arch.list(url, "invites", page_size=2)],
        "sorted": [invite["email"] for invite in arch.list(url, "invites", page_size=2, params=by_name)],
        "counted": arch.count(url),
        "counted one": arch.count(url, params={"email": people[0]}),
        "found": arch.get_by_signature(url, "invites", {"email": one["email"]}) == one,
        "not found": error(lambda: arch.get_by_signature(url, "invites", {"email": "zoe@example.com"})),
        "deleted": arch.delete(own),
        "gone": error(lambda: arch.get(own)),
        "gone again": error(lambda: arch.delete(own)),
        "refused": error(lambda: arch.post(url, {"email": "no address"})),
    }
    arch.post(url, {"email": people[0]})
    told["ambiguous"] = error(lambda: arch.get_by_signature(url, "invites", {"email": people[0]}))
    for invite in list(arch.list(url, "invites")):
        arch.delete(f"{arch.root}/{path.rsplit('/', 1)[0]}/{invite['identity']}")
    told["left"] = arch.count(url)
    return told


wrong = Archivist(request["url"], (request["id"], "wrong"))
json.dump(
    {
        "version": version("datatrails-archivist"),
        "token": arch.appidp.token(request["id"], request["secret"]),
        "stories": {path: story(path) for path in ["iam/v1/invites", "v1/invites"]},
        "wrong secret": error(lambda: wrong.count(f"{arch.root}/iam/v1/invites")),
        "wrong bearer": error(lambda: Archivist(request["url"], "x.y.z").count(f"{arch.root}/iam/v1/invites")),
    },
    sys.stdout,
)
