pub fn command(_: &[u8]) {}
