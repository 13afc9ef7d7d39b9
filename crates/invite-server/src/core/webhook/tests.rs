use super::*;

#[test]
fn a_signature_is_that_of_the_specification() {
    // The worked example of the specification's reference libraries.
    let bytes: [u8; 24] = STANDARD
        .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        .unwrap()
        .try_into()
        .unwrap();
    let mut padded = Zeroizing::new([0; 32]);
    padded[..24].copy_from_slice(&bytes);
    // HMAC pads with zeros, so that the shorter secret and the padded one are the same.
    let secret = WebhookSecret::new(padded);
    let signature = secret.sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        r#"{"test": 2432232314}"#,
    );
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_eq!(format!("{secret:?}"), "whsec_…");
    assert_eq!(secret.reveal().len(), 50);
}

#[test]
fn addresses_that_may_be_a_webhooks() {
    for fine in [
        "https://app.example.com/webhook",
        "https://app.example.com:8443/hooks?tenant=7",
        "https://10.0.0.7/",
        "http://localhost:3000/webhook",
        "http://127.0.0.1:3000",
        "http://[::1]:3000/",
    ] {
        assert_eq!(validate_webhook_url(fine), Ok(()), "{fine}");
    }
    let long = format!("https://app.example.com/{}", "a".repeat(2048));
    for wrong in [
        "",
        "app.example.com/webhook",
        "/webhook",
        "http://app.example.com/webhook",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/",
        "ftp://app.example.com/",
        "file:///etc/passwd",
        "https://me:secret@app.example.com/",
        "https://app.example.com/#part",
        "https://",
        &long,
    ] {
        let refused = validate_webhook_url(wrong).unwrap_err();
        assert_eq!(refused.field(), Some("url"), "{wrong}");
        assert!(!refused.sentence().contains("secret@"));
    }
}
