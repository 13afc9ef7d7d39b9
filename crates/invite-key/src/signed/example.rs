//! One key to show things with. The private key is in RFC 8037, appendix A, for all the world to see.

/// A signed key for examples, issued by `https://invites.example` on 2026-11-21 for a week.
pub const EXAMPLE_KEY: &str = concat!(
    "invs1_eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsiLCJ0eXAiOiJpbnZp",
    "dGUrand0In0.eyJpc3MiOiJodHRwczovL2ludml0ZXMuZXhhbXBsZSIsImF1ZCI6Imh0dHBzOi8vaW52aXRlcy5leGFtcGxlL25vdGVzIiwian",
    "RpIjoiaW52aXRlXzEiLCJpYXQiOjE3OTUyNjI0MDAsImV4cCI6MTc5NTg2NzIwMCwicGVybWlzc2lvbnMiOiJyIiwibWF4X3VzZXMiOjUsImlu",
    "dml0ZXIiOiJBbGljZSJ9.u31Lgf15TQpxF_4fVD7uswS3jEbd4ILGWbMRmsrXbkwOHHLCk6Cgf2MjLRO5e2jqsur9F9q_cX5bb2X7ZZUCBw",
);

/// The JWK set that [`EXAMPLE_KEY`] verifies with.
pub const EXAMPLE_KEY_SET: &str = concat!(
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","#,
    r#""kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","#,
    r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
);
