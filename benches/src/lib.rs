//! One bench per hop of the data.
