//! `/auth/oidc/login` sends people to the issuer, `/auth/oidc/callback` takes them back and signs them in.

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::exchange::Began;
use super::{Issuer, NotRecognised, choice};
use crate::auth::seal::{self, Purpose};
use crate::auth::{Auth, cookie, stays_here};
use crate::core::Refusal;

/// Where people sign in.
pub(in crate::auth) const LOGIN: &str = "/auth/oidc/login";
const CALLBACK: &str = "/auth/oidc/callback";
/// Where an issuer that has a name sends people back to: an address of its own, so that none answers for another, whether
/// or not it says who it is (RFC 9700, section 4.4.2).
const NAMED_CALLBACK: &str = "/auth/oidc/callback/{name}";
/// Begins the cookie's name; eight characters of the state follow, so that two tabs do not meet.
const COOKIE: &str = "signin_";
/// Most sign-ins that one browser may have begun.
const MOST: usize = 4;
/// Longest way to go on that the cookie has room for; beyond, people go on at the start.
const LONGEST_WAY: usize = 768;
/// Longest code and state looked at.
const LONGEST: usize = 4096;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A sign-in that has begun: in a cookie that only this server can read.
#[derive(Serialize, Deserialize)]
struct Waiting {
    /// The name of the issuer's people: only that one answers.
    issuer: String,
    state: String,
    nonce: String,
    verifier: String,
    go_on: String,
}

#[derive(Clone)]
struct Login {
    auth: Auth,
}

/// Its addresses; none if no issuer signs people in.
pub(in crate::auth) fn router(auth: &Auth) -> Router {
    if !auth.issuers().iter().any(Issuer::signs_people_in) {
        return Router::new();
    }
    let auth = auth.clone();
    let told = super::backchannel::router(auth.clone());
    let login = Login { auth };
    Router::new()
        .route(LOGIN, get(asked).post(chosen))
        .route(CALLBACK, get(finish))
        .route(NAMED_CALLBACK, get(finish_named))
        .route_layer(map_response_with_state(login.clone(), dressed))
        .with_state(login)
        .merge(told)
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default, rename = "continue")]
    go_on: Option<String>,
    #[serde(default)]
    prompt: Option<String>,
    /// By the name of its people.
    #[serde(default)]
    issuer: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    issuer: String,
}

async fn asked(
    State(login): State<Login>,
    wish: Result<Query<Wish>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    match wish {
        Ok(Query(wish)) => begin(&login, wish, &headers).await,
        Err(_) => page(StatusCode::BAD_REQUEST, "This address is not complete."),
    }
}

/// Where to go on stays in the address: no attribute of the page that asks ever holds it.
async fn chosen(
    State(login): State<Login>,
    wish: Result<Query<Wish>, QueryRejection>,
    headers: HeaderMap,
    choice: Result<Form<Choice>, FormRejection>,
) -> Response {
    let (Ok(Query(wish)), Ok(Form(Choice { issuer }))) = (wish, choice) else {
        return page(StatusCode::BAD_REQUEST, "This address is not complete.");
    };
    let issuer = Some(issuer);
    begin(&login, Wish { issuer, ..wish }, &headers).await
}

async fn begin(login: &Login, wish: Wish, headers: &HeaderMap) -> Response {
    let Wish {
        go_on,
        prompt,
        issuer,
    } = wish;
    let go_on = go_on
        .filter(|path| path.len() <= LONGEST_WAY && stays_here(path))
        .unwrap_or_else(|| "/".into());
    let prompt = prompt.filter(|prompt| matches!(prompt.as_str(), "login" | "select_account"));
    let origins = login.auth.origins();
    if let Some(elsewhere) = other_name_of_ours(headers, origins) {
        // The cookie has to be set under the name that the issuer sends people back to.
        tracing::debug!(elsewhere, "a sign-in goes on under the first of our names");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("continue", &go_on)
            .extend_pairs(prompt.map(|prompt| ("prompt", prompt)))
            .extend_pairs(issuer.map(|issuer| ("issuer", issuer)))
            .finish();
        return see_other(&format!("{}{LOGIN}?{query}", origins.first()), []);
    }
    let issuer = match login.issuer(issuer.as_deref()) {
        Ok(issuer) => issuer,
        Err(response) => return *response,
    };
    let (Some(state), Some(nonce), Some(verifier)) = (random(), random(), random()) else {
        return unavailable();
    };
    let waiting = Waiting {
        issuer: issuer.provider().to_owned(),
        state,
        nonce,
        verifier,
        go_on,
    };
    let redirect = login.redirect(issuer);
    let url = issuer
        .authorization_url(&waiting.state, waiting.began(&redirect), prompt.as_deref())
        .await;
    let (Ok(url), Some(set)) = (url, login.keep(&waiting)) else {
        return unavailable();
    };
    let mut cookies = vec![set];
    let begun: Vec<&str> = login.begun(headers).collect();
    if begun.len() >= MOST {
        cookies.extend(begun.iter().filter_map(|name| login.forget(name)));
    }
    see_other(url.as_str(), cookies)
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    iss: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

async fn finish(
    State(login): State<Login>,
    back: Result<Query<Back>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    finish_at(&login, None, back, &headers).await
}

async fn finish_named(
    State(login): State<Login>,
    Path(name): Path<String>,
    back: Result<Query<Back>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    finish_at(&login, Some(&name), back, &headers).await
}

/// `place`: whose address it is that somebody came back to.
async fn finish_at(
    login: &Login,
    place: Option<&str>,
    back: Result<Query<Back>, QueryRejection>,
    headers: &HeaderMap,
) -> Response {
    let Ok(Query(back)) = back else {
        return page(StatusCode::BAD_REQUEST, "This address is not complete.");
    };
    let Some((name, waiting)) = login.waiting(headers, back.state.as_deref()) else {
        return page(
            StatusCode::BAD_REQUEST,
            "This sign-in took too long, is over, or began in another browser.",
        );
    };
    let mut cookies: Vec<HeaderValue> = login.forget(&name).into_iter().collect();
    match login.who(&back, &waiting, place).await {
        Ok(cookie) => {
            cookies.push(cookie);
            see_other(&waiting.go_on, cookies)
        }
        Err(mut response) => {
            for cookie in cookies {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
    }
}

impl Login {
    /// The issuer that somebody chose; without a choice the only one, or a page that asks.
    fn issuer(&self, name: Option<&str>) -> Result<&Issuer, Box<Response>> {
        let all = self.auth.issuers().iter();
        let all: Vec<_> = all.filter(|issuer| issuer.signs_people_in()).collect();
        match (name, all.as_slice()) {
            (None, [only]) => Ok(*only),
            (None, _) => Err(Box::new(choice::page(self.auth.face(), &all))),
            (Some(name), _) => {
                let found = all.iter().copied().find(|issuer| issuer.provider() == name);
                let sentence = "There is no such sign-in service here.";
                found.ok_or_else(|| Box::new(page(StatusCode::NOT_FOUND, sentence)))
            }
        }
    }

    fn redirect(&self, issuer: &Issuer) -> String {
        let place = issuer.place().map(|name| format!("/{name}"));
        let origin = self.auth.origins().first();
        format!("{origin}{CALLBACK}{}", place.unwrap_or_default())
    }

    /// The session cookie of whoever came back.
    async fn who(
        &self,
        back: &Back,
        waiting: &Waiting,
        place: Option<&str>,
    ) -> Result<HeaderValue, Response> {
        let refused = |reason| match reason {
            NotRecognised::BadToken => page(
                StatusCode::FORBIDDEN,
                "The sign-in service did not confirm who you are.",
            ),
            NotRecognised::Unavailable => unavailable(),
        };
        // It began at one issuer and comes back from that one (RFC 9207, RFC 9700): else one could have another's code.
        let mut all = self.auth.issuers().iter();
        let issuer = all.find(|issuer| issuer.provider() == waiting.issuer);
        let issuer = issuer.filter(|issuer| issuer.place() == place);
        let issuer = issuer.ok_or_else(|| refused(NotRecognised::BadToken))?;
        let named = back.iss.as_deref();
        if !issuer.answered(named).await.map_err(refused)? {
            return Err(refused(NotRecognised::BadToken));
        }
        let code = back.code.as_deref().filter(|code| code.len() <= LONGEST);
        // What went wrong is for the log alone: anybody can write an address that says something else.
        let Some(code) = code.filter(|_| back.error.is_none()) else {
            tracing::debug!("the issuer signed nobody in");
            let sentence = "You did not sign in, or the sign-in service did not let you.";
            return Err(page(StatusCode::FORBIDDEN, sentence));
        };
        let redirect = self.redirect(issuer);
        let redeemed = issuer.redeem(code, waiting.began(&redirect)).await;
        let (claimed, sid) = redeemed.map_err(refused)?;
        match self.auth.sign_in(claimed, sid).await {
            Ok((cookie, _)) => Ok(cookie),
            Err(Refusal::Forbidden { .. }) => Err(page(
                StatusCode::FORBIDDEN,
                "Somebody else has your name here. Ask whoever runs this server.",
            )),
            Err(_) => Err(unavailable()),
        }
    }

    fn cookie_name(&self, state: &str) -> String {
        let short: String = state.chars().take(8).collect();
        cookie::full_name(&format!("{COOKIE}{short}"), self.secure())
    }

    fn secure(&self) -> bool {
        self.auth.origins().is_secure()
    }

    fn keep(&self, waiting: &Waiting) -> Option<HeaderValue> {
        let sealer = self.auth.sealer();
        // As long as somebody may take at the issuer.
        let seconds = sealer.lifetime(Purpose::SignIn);
        let text = sealer.lock(Purpose::SignIn, waiting, seal::now(), seconds)?;
        let name = self.cookie_name(&waiting.state);
        cookie::set(&name, &text, seconds.into(), self.secure())
    }

    fn forget(&self, name: &str) -> Option<HeaderValue> {
        cookie::set(name, "", 0, self.secure())
    }

    /// The names of the cookies of sign-ins that were begun.
    fn begun<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> + use<'a> {
        let prefix = cookie::full_name(COOKIE, self.secure());
        cookie::pairs(headers)
            .filter_map(move |(name, _)| name.starts_with(&prefix).then_some(name))
    }

    /// The sign-in that somebody comes back from, and its cookie's name.
    fn waiting(&self, headers: &HeaderMap, state: Option<&str>) -> Option<(String, Waiting)> {
        let state = state.filter(|state| state.len() <= LONGEST)?;
        let name = self.cookie_name(state);
        let text = cookie::find(headers, &name)?;
        let sealer = self.auth.sealer();
        let waiting: Waiting = sealer.unlock(Purpose::SignIn, text, seal::now())?;
        let same = subtle::ConstantTimeEq::ct_eq(waiting.state.as_bytes(), state.as_bytes());
        bool::from(same).then_some((name, waiting))
    }
}

impl Waiting {
    fn began<'a>(&'a self, redirect: &'a str) -> Began<'a> {
        Began {
            nonce: &self.nonce,
            verifier: &self.verifier,
            redirect,
        }
    }
}

/// On loopback people type `localhost` as readily as the number. The header chooses nothing but whether to go on under
/// the first name.
fn other_name_of_ours<'a>(
    headers: &'a HeaderMap,
    origins: &crate::address::Origins,
) -> Option<&'a str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let origin = format!("http://{host}");
    (origins.contains(&origin) && origin != origins.first()).then_some(host)
}

fn random() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn see_other(address: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::from_str(address) else {
        return unavailable();
    };
    let cookies = cookies.into_iter().map(|one| (header::SET_COOKIE, one));
    let cookies = AppendHeaders(cookies.collect::<Vec<_>>());
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location)],
        cookies,
    )
        .into_response()
}

fn unavailable() -> Response {
    page(
        StatusCode::SERVICE_UNAVAILABLE,
        "The sign-in service cannot be reached just now. Try again in a moment.",
    )
}

/// Why nobody was signed in.
#[derive(Clone, Copy)]
struct Said(&'static str);

/// A page that says why nobody was signed in. Nothing from the address stands in it.
fn page(status: StatusCode, sentence: &'static str) -> Response {
    (status, Extension(Said(sentence))).into_response()
}

/// Such pages look like the others.
async fn dressed(State(login): State<Login>, mut response: Response) -> Response {
    let Some(Said(sentence)) = response.extensions_mut().remove() else {
        return response;
    };
    let body = format!(
        "<p>{sentence}</p>\n<p><a href=\"{LOGIN}\">Sign in</a> · <a href=\"/\">Back to the start</a></p>\n"
    );
    let mut page = login.auth.face().page(POLICY, "Not signed in", &body);
    *page.status_mut() = response.status();
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        page.headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    page
}
