// A mail as it might arrive. None of its keys opens anything.
export const example = `Hello!

Alice invites you to the garden plan:
<https://host.example/garden/?lang=3Dda&amp;acceptInvite=3Dinv1_OMUvgMnQHFYjTg1MP=
DEck1mquf66EY1dR9Mw>.

The same through our mail filter, as she sent it to Bob:
https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fhost.example%2Fjoin%23acceptInvite%3Dinv1_I6Ov4OEzeH1kTOiljA8Wm4ZUiEB8dg2c6Oaz%26resource%3Drecipes&data=05

And one that says who issued it:
invs1_eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5Z3JTNGsiLCJ0eXAiOiJpbnZpdGUrand0In0.eyJpc3MiOiJodHRwczovL2ludml0ZXMuZXhhbXBsZSIsImF1ZCI6Imh0dHBzOi8vaW52aXRlcy5leGFtcGxlL25vdGVzIiwianRpIjoiaW52aXRlXzEiLCJpYXQiOjE3OTUyNjI0MDAsImV4cCI6MTc5NTg2NzIwMCwicGVybWlzc2lvbnMiOiJyIiwibWF4X3VzZXMiOjUsImludml0ZXIiOiJBbGljZSJ9.u31Lgf15TQpxF_4fVD7uswS3jEbd4ILGWbMRmsrXbkwOHHLCk6Cgf2MjLRO5e2jqsur9F9q_cX5bb2X7ZZUCBw

This one lost its end on the way: https://host.example/notes/?acceptInvite=6b17b8fcc411a533c822a5117e33cf73fa6766739d7d36ac86dc4bea883af
`;
