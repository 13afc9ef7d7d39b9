use super::*;

fn config(arguments: &[&str]) -> Config {
    Config::parse_from([&["invite-server"], arguments].concat())
}

#[test]
fn defaults_are_loopback_and_valid() {
    let config = config(&[]);
    assert_eq!(config.listen.to_string(), "127.0.0.1:7007");
    assert_eq!(config.validate(), Ok(()));
    assert_eq!(
        config.secret_file_for(&DatabaseAddress::File("a/invites.db".into())),
        PathBuf::from("a/invites.secret")
    );
}

#[test]
fn demo_refuses_every_address_but_loopback() {
    for address in ["0.0.0.0:7007", "[::]:7007", "192.168.1.5:7007"] {
        let all = [
            "--demo",
            "--listen",
            address,
            "--public-url",
            "https://example.com",
        ];
        assert!(
            matches!(
                config(&all).validate(),
                Err(ConfigError::DemoOffLoopback(_))
            ),
            "{address}"
        );
    }
    assert_eq!(
        config(&["--demo", "--listen", "[::1]:0"]).validate(),
        Ok(())
    );
}

#[test]
fn demo_refuses_a_public_address_in_front() {
    for (url, fine) in [
        ("http://localhost:7007", true),
        ("http://127.0.0.1", true),
        ("http://[::1]:7007", true),
        ("https://demo.example", false),
        ("https://localhost.example", false),
        ("http://127.0.0.1.example", false),
        ("http://10.0.0.1", false),
    ] {
        let valid = config(&["--demo", "--public-url", url]).validate().is_ok();
        assert_eq!(valid, fine, "{url}");
    }
}

#[test]
fn off_loopback_needs_a_public_address() {
    assert!(matches!(
        config(&["--listen", "0.0.0.0:80"]).validate(),
        Err(ConfigError::PublicUrlMissing(_))
    ));
    assert_eq!(
        config(&[
            "--listen",
            "0.0.0.0:80",
            "--public-url",
            "https://a.example"
        ])
        .validate(),
        Ok(())
    );
}

#[test]
fn help_is_built() {
    use clap::CommandFactory as _;
    Config::command().debug_assert();
}
