"""Recipe of the shipped model (extra ``train``); nothing else imports it."""
