use std::fmt::{self, Display};

pub trait Shape {
    fn area(&self) -> f64;
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Circle { radius: f64 },
    Other(Box<[Kind]>),
}

impl Shape for Kind {
    fn area(&self) -> f64 {
        match self {
            Kind::Circle { radius } => std::f64::consts::PI * radius.powi(2),
            Kind::Other(kinds) => kinds.iter().map(Shape::area).sum(),
        }
    }
}

impl Display for Kind {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{self:?} of {:.3}", self.area())
    }
}

pub fn folded() -> [f64; 8] {
    [2.5f64.sin(), 0.3f64.cos(), 7.1f64.tan(), 2.2f64.ln(), 1.7f64.exp(), 0.4f64.atan2(3.3), 9.9f64.sqrt(), 3.3f64.powf(2.7)]
}

pub fn longest(count: usize) -> Option<String> {
    let shapes = (0..count).map(|index| {
        let circle = Kind::Circle { radius: (index % 5) as f64 };
        if index % 2 == 0 { circle } else { Kind::Other(vec![circle; 2].into_boxed_slice()) }
    });
    shapes.map(|kind| kind.to_string()).max_by_key(String::len)
}
