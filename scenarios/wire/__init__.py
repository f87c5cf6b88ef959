"""HTTP/1.1 as bytes, the same for whoever asks: how a request is made of its parts, and what the bytes of an answer mean."""
