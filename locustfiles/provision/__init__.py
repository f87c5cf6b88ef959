"""What must be there before customers come: people enrolled, the campaign opened."""
