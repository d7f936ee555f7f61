"""What makes the product run on a bare machine. The product never imports this package."""
