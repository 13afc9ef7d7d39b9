//! What says which page of a list is meant.

use axum::extract::{Query, rejection::QueryRejection};

use crate::core::{
    Refusal,
    options::{page_size_option, unknown_member},
};

/// All parameters of a query, in their order.
pub(super) type Parameters = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The parameters, or why there are none.
pub(super) fn parameters(query: Parameters) -> Result<Vec<(String, String)>, Refusal> {
    let read = query.map(|Query(parameters)| parameters);
    read.map_err(|_| Refusal::invalid_option("", "The query cannot be read."))
}

/// How many, and from where the page before ended, where a list knows nothing else.
pub(super) fn page(query: Parameters, usual: u32) -> Result<(u32, Option<String>), Refusal> {
    let (mut size, mut page) = (usual, None);
    for (name, value) in parameters(query)? {
        match name.as_str() {
            "page_size" => size = page_size_option(&value)?,
            "page_token" => page = (!value.is_empty()).then_some(value),
            _ => return Err(unknown_member(&name)),
        }
    }
    Ok((size, page))
}
