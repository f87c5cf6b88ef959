"""Who comes, when, to do what: people, their draws, and the steps of a journey. No sockets, no Locust."""
