"""Small recurrent networks in plain numpy, with sums that are exact on every machine."""
