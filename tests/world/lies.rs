//! Answers that are not what the protocol allows, and those of whoever stands in between.

use serde_json::Value;

use crate::requests::HttpResponse;
use crate::town;
use crate::world::World;

const JSON: &str = "application/json";

fn page(status: u16, text: &str) -> HttpResponse {
    HttpResponse {
        status,
        headers: vec![("content-type", "text/html".to_owned())],
        text: text.to_owned(),
    }
}

/// A proxy that could not reach the server, or gave up waiting for it.
pub fn gateway(world: &World) -> HttpResponse {
    page(world.pick(&[502, 503, 504]), "<html>Bad gateway</html>")
}

pub fn busy(world: &World) -> HttpResponse {
    let mut response = HttpResponse {
        status: 429,
        headers: vec![("content-type", "application/problem+json".to_owned())],
        text: r#"{"code":"rate_limited","detail":"Too many calls."}"#.to_owned(),
    };
    let wait = match world.below(5) {
        0 => return response,
        1 => "soon".to_owned(),
        2 => town::iso_date(town::START + (world.executor.now() / 1000) as f64 + 2_000.0),
        3 => "1".to_owned(),
        _ => "30".to_owned(),
    };
    response.headers.push(("retry-after", wait));
    response
}

/// Makes something of an answer that nobody should take.
pub fn distort(world: &World, response: &mut HttpResponse) {
    match world.below(8) {
        0 => *response = page(200, "<html>Welcome to our wireless network</html>"),
        1 => {
            let half = response.text.len() / 2;
            response.text.truncate(half);
        }
        2 => response.text = "{}".to_owned(),
        3 => {
            response.text = world
                .pick(&["[]", "null", "5", "\"ok\"", "", "[[[[", "\u{0}"])
                .to_owned()
        }
        4 => mangle(world, &mut response.text),
        5 => {
            response.status = world.pick(&[200, 204, 304, 418, 599]);
            response.headers = vec![("content-type", JSON.to_owned())];
            response.text = r#"{"code":"brand_new","detail":"A newer server says so."}"#.to_owned();
        }
        _ => {}
    }
}

/// Puts something else in the place of a member.
pub fn mangle(world: &World, text: &mut String) {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if let Value::Object(members) = &mut value
        && !members.is_empty()
    {
        let place = world.below(members.len() as u64) as usize;
        if let Some((_, member)) = members.iter_mut().nth(place) {
            *member = world.pick(&[0, 1, 2, 3]).into();
            if world.percent(50) {
                *member = serde_json::json!({"x": [null]});
            }
        }
    }
    *text = value.to_string();
}
