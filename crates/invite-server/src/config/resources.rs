//! Who creates resources.

use clap::{Args, ValueEnum};

use crate::core::Creators;

/// Who creates resources.
#[derive(Debug, Clone, Args)]
pub struct ResourceOptions {
    /// Who may create resources. What they create is theirs: they invite people to it
    #[arg(
        long,
        value_name = "WHO",
        env = "INVITE_SERVER_CREATE_RESOURCES",
        default_value = "people",
        help_heading = "Backends"
    )]
    pub create_resources: CreateResources,
}

/// Who creates resources, as an option has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CreateResources {
    /// Whoever is signed in, and backends
    People,
    /// Backends alone, with their app keys
    Apps,
}

impl ResourceOptions {
    /// The same for the rules.
    pub fn creators(&self) -> Creators {
        match self.create_resources {
            CreateResources::People => Creators::People,
            CreateResources::Apps => Creators::Apps,
        }
    }
}
