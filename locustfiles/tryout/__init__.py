"""One request, one journey at a time, told as it goes: for whoever attaches a target."""
