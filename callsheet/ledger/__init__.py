"""What was bought, what it cost, and where it is: the one truth about money. `buy` is its heart."""
