"""What slows a request: experiments that vary one factor and hold every other."""
