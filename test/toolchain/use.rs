use shapes::{folded, longest, Kind, Shape};

fn main() {
    let kinds = [Kind::Circle { radius: 2.0 }];
    let areas: Vec<Box<dyn Fn() -> f64>> = kinds.iter().cloned().map(|kind| Box::new(move || kind.area()) as Box<dyn Fn() -> f64>).collect();
    println!("{:?} {:?} {:?}", longest(20), areas.iter().map(|area| area()).collect::<Vec<_>>(), folded().map(|one| (one * 1e6) as i64));
}
