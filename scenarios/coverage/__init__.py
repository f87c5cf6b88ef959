"""What of the campaign plan is rehearsed: its items, the declarations beside the code, and the page that is made of both."""
