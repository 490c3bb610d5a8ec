//! [`Random`]: numbers from a seed, the same on every machine and in every version: a seed in a bug report must mean something for good.
//!
//! Source: xoshiro256** and splitmix64 by Blackman and Vigna, <https://prng.di.unimi.it/>

/// A generator of pseudo-random numbers. Not for keys anybody relies on.
#[derive(Clone, Debug)]
pub struct Random([u64; 4]);

impl Random {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        }))
    }

    /// Any number.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let drawn = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        drawn
    }

    /// A number from 0 to 1, without 1.
    pub fn share(&mut self) -> f64 {
        // 53 bits are what a double holds exactly.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let numerator = (self.bits() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.bits()) * (end as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// One of these. Panics when there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// 0 to `end` in any order.
    pub fn shuffled(&mut self, end: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..end).collect();
        for last in (1..end).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// Ranks drawn as popularity has it: rank n comes 1/n^exponent as often as the first.
#[derive(Clone, Debug)]
pub struct Zipf(Vec<f64>);

impl Zipf {
    /// Over `ranks` ranks.
    pub fn new(ranks: usize, exponent: f64) -> Self {
        let mut total = 0.0;
        #[expect(clippy::cast_precision_loss, reason = "ranks are few")]
        let weight = |rank: usize| ((rank + 1) as f64).powf(-exponent);
        Self(
            (0..ranks)
                .map(|rank| {
                    total += weight(rank);
                    total
                })
                .collect(),
        )
    }

    /// A rank, from 0.
    pub fn draw(&self, random: &mut Random) -> usize {
        let total = self.0.last().copied().unwrap_or(0.0);
        let at = random.share() * total;
        self.0.partition_point(|&sum| sum < at).min(self.0.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_sequence_and_no_other() {
        let drawn = |seed: u64| {
            let mut random = Random::new(seed);
            [random.bits(), random.bits()]
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(drawn(0), [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a]);
    }

    #[test]
    fn the_first_rank_comes_most_often() {
        let (zipf, mut random) = (Zipf::new(10, 1.0), Random::new(1));
        let mut counts = [0; 10];
        (0..10_000).for_each(|_| counts[zipf.draw(&mut random)] += 1);
        assert!(counts[0] > 2 * counts[2] && counts[9] > 100, "{counts:?}");
    }
}
