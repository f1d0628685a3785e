pub enum Kind {
    Circle { radius: f64 },
    Square(f32),
}

pub static WIDE: u128 = u128::MAX / 7;
pub const CONSTANTS: [f64; 4] = [0.1 + 0.2, 1e308 * 10.0, f64::EPSILON, 1.0 / 3.0];

impl Kind {
    #[must_use]
    pub fn area(&self) -> f64 {
        match self {
            Kind::Circle { radius } => std::f64::consts::PI * radius.powi(2) + CONSTANTS[0],
            Kind::Square(side) => f64::from(*side) * 1.5f64.sin(),
        }
    }
}

#[no_mangle]
pub extern "C" fn doubled(number: u64) -> u64 {
    number.checked_mul(2).unwrap_or(WIDE as u64)
}

#[must_use]
pub fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum: u32, &byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
