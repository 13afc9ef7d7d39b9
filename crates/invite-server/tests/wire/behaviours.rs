//! Where our own mode behaves otherwise than Webstrates 1.8 in what one recorded answer cannot show, and why. The tests
//! of `crates/webstrates-emulator` do each of these with both.

pub struct Behaviour {
    /// What is done.
    pub name: &'static str,
    /// What comes of it there.
    pub original: &'static str,
    /// And here.
    pub ours: &'static str,
    pub why: &'static str,
}

const fn behaviour(
    name: &'static str,
    original: &'static str,
    ours: &'static str,
    why: &'static str,
) -> Behaviour {
    Behaviour {
        name,
        original,
        ours,
        why,
    }
}

pub const BEHAVIOURS: &[Behaviour] = &[
    behaviour(
        "a call of somebody signed in, before `init`",
        "lost",
        "answered",
        "nobody can know that it was lost",
    ),
    behaviour(
        "eight people accept at once",
        "1 of 8 succeeds, 1 is there",
        "8 of 8 succeed, 8 are there",
        "each accept is one transaction; they queue instead of colliding",
    ),
    behaviour(
        "eight people accept at once, at the worst",
        "8 of 8 succeed, 1 is there",
        "8 of 8 succeed, 8 are there",
        "an accept adds to what is there when it is written",
    ),
    behaviour(
        "accepting `r`, `w`, `a`, one after another",
        "`rw`, then `ra`: the `w` is lost",
        "`rw`, then `rwa`",
        "what somebody has is read when it is written, not remembered",
    ),
    behaviour(
        "using an `a` just accepted, having had `r`",
        "`User only has r on doc`",
        "allowed",
        "a right acts when it is given",
    ),
    behaviour(
        "granting letters that the inviter lacks",
        "created",
        "`Invalid option permissions: …`",
        "nobody gives what they do not hold",
    ),
    behaviour(
        "accepting an invite to a letter that its inviter has lost since",
        "`w`",
        "`Inviter is no longer admin on the webstrate, invitation invalid`",
        "whoever lost it could accept their own invite",
    ),
    behaviour(
        "accepting once more what was removed since",
        "`Invalid invitation key`",
        "`r`",
        "the first answer may have been lost, and who is in is not told that they are not",
    ),
    behaviour(
        "a call without a token",
        "answered, without a token",
        "ignored",
        "nobody could be told how it went",
    ),
    behaviour(
        "a message of 70 000 bytes",
        "answered",
        "closed, 1009",
        "everything has a limit; the longest call has 4 KiB",
    ),
    behaviour(
        "the order of `getInvites`",
        "oldest first",
        "newest first",
        "the one just made is the one looked for, as in our other dialects",
    ),
    behaviour(
        "`hs` and `s` for another webstrate than the socket's",
        "no `hello`",
        "`hello`",
        "one socket serves all webstrates, in this too",
    ),
    behaviour(
        "`hs` and `s` for the socket's webstrate, without `r`",
        "no `hello`",
        "`hello`",
        "who one is depends on no webstrate",
    ),
    behaviour(
        "an operation on the document",
        "carried out",
        "ignored",
        "we keep invites and members, not documents",
    ),
    behaviour(
        "a second socket of the same user",
        "`userClientJoin` on the first",
        "no frame",
        "we have no clients to show",
    ),
    behaviour(
        "a socket with the cookie, from another origin",
        "signed in",
        "anonymous",
        "any page could act for its visitor",
    ),
    behaviour(
        "the session cookie",
        "a year, no SameSite",
        "30 days, SameSite=Lax",
        "other sites' forms and frames must not bring it along",
    ),
    behaviour(
        "`GET /auth/logout`",
        "signs out",
        "405",
        "a GET changes nothing",
    ),
    behaviour(
        "an access token after somebody's rights were edited",
        "dead",
        "good until its time is over",
        "it says who, not what they may: that is looked up at every call",
    ),
    behaviour(
        "a call for another webstrate on a socket opened with an access token",
        "answered",
        "`Must be logged in to handle invites`",
        "the token is for one webstrate",
    ),
    behaviour(
        "an access token that ends while its socket is open",
        "the socket goes on",
        "closed, 1002",
        "what was lent for a time is over then",
    ),
    behaviour(
        "an access token for nobody",
        "given",
        "401",
        "it would say nothing",
    ),
    behaviour(
        "the page of a webstrate one may not read",
        "403",
        "200, the page that everybody gets",
        "it takes the invite up, and tells nobody what exists",
    ),
    behaviour(
        "`?v` of a webstrate that does not exist",
        "200 `{\"version\":0}`",
        "403",
        "what does not exist looks like what one may not see",
    ),
    behaviour("`GET /`", "302 to /frontpage", "200", "our page of invites"),
    behaviour(
        "`/.well-known/invite-keys`",
        "302, and nothing there",
        "200, JSON",
        "how our SDK knows that a server is ours",
    ),
];
