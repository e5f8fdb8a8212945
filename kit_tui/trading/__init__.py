"""From a request to a fill: building, tickets, approval, sending, reconciling."""
