//! The world in a box: scenarios, real servers, client tests, layering checks.
