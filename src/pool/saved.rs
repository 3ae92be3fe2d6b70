//! A pool as bytes: the template, the limit, the clock, the number of keys, and the streams by ascending key. In postcard
//! encoding; each detector is the body of its own snapshot.

use rayon::prelude::*;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::error::Error;
use crate::snapshot::{
    ConfigV1, Kind, SpotV1, damaged, decode_spot, encode, encode_spot, envelope, open, seal, take,
};

use super::Pool;
use super::hash::Hash;
use super::stream::{Scratch, State, Stream, Template};

/// Streams that are written or read side by side, before the next ones.
const TOGETHER: usize = 1 << 14;

/// What stands before each stream: key, when it was seen, idle values since, state, length of what follows.
type Head = (u64, u64, u32, u8, u64);

const TEMPLATE: u8 = 0;
const COLLECTING: u8 = 1;
const DETECTOR: u8 = 2;

impl Pool {
    /// The whole state, also in the middle of calibrations. A pool that is loaded from it continues bit for bit. One key
    /// alone is saved by [`get`](Pool::get) and [`Spot::save`](crate::Spot::save), and loaded by [`Spot::load`](crate::Spot::load) and [`insert`](Pool::insert).
    pub fn save(&self) -> Vec<u8> {
        let mut bytes = envelope(1024);
        encode_spot(self.template().clone(), &mut bytes);
        let mut streams: Vec<&Stream> = self.streams().collect();
        streams.sort_unstable_by_key(|stream| stream.key);
        encode(&(self.limit, self.clock, streams.len()), &mut bytes);
        for streams in streams.chunks(TOGETHER) {
            let written: Vec<Vec<u8>> =
                streams.par_chunks(64).map(|streams| write(streams, &self.template)).collect();
            written.iter().for_each(|written| bytes.extend(written));
        }
        seal(Kind::Pool, bytes)
    }

    /// A pool as it was when [`save`](Pool::save) wrote the bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`] if the bytes are foreign, cut, damaged, of another kind or of a later version.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        read(open(Kind::Pool, bytes)?).map_err(damaged)
    }
}

fn write(streams: &[&Stream], template: &Template) -> Vec<u8> {
    let (mut bytes, mut body) = (Vec::new(), Vec::new());
    for stream in streams {
        body.clear();
        let (counted, state) = stream.parts();
        let tag = match state {
            State::Template => TEMPLATE,
            State::Collecting(values) => {
                encode(values, &mut body);
                COLLECTING
            }
            State::Packed(_) => {
                encode_spot(stream.behind(template), &mut body);
                DETECTOR
            }
            State::Open(spot) => {
                encode_spot(spot.as_ref().clone(), &mut body);
                DETECTOR
            }
        };
        let head: Head = (stream.key, stream.seen, counted, tag, body.len() as u64);
        encode(&head, &mut bytes);
        bytes.extend_from_slice(&body);
    }
    bytes
}

fn read(mut body: &[u8]) -> Result<Pool, String> {
    let (config, state): (ConfigV1, SpotV1) = next(&mut body)?;
    let spot = state.validate(Config::from(config))?;
    let mut pool = Pool::with_template(spot);
    let count: usize;
    (pool.limit, pool.clock, count) = next(&mut body)?;
    if pool.clock >= 1 << 62 || pool.limit.is_some_and(|limit| limit < count.max(1)) {
        return Err("it holds more than its limit".into());
    }
    let (mut left, mut last) = (count, None);
    while left > 0 {
        let together = split(&mut body, left.min(TOGETHER), &mut last, pool.clock)?;
        left -= together.len();
        let stream = |(head, body): &(Head, &[u8])| stream(*head, body, &pool.template);
        let streams: Vec<Stream> = together.par_iter().map(stream).collect::<Result<_, _>>()?;
        for stream in streams {
            let hash = pool.hash.of(stream.key);
            pool.shards[Hash::shard(hash)].insert(hash, stream);
        }
    }
    if body.is_empty() { Ok(pool) } else { Err("there is something behind the last key".into()) }
}

/// The next streams, unopened. Their keys ascend, and they were seen before the clock.
fn split<'a>(
    body: &mut &'a [u8],
    count: usize,
    last: &mut Option<u64>,
    clock: u64,
) -> Result<Vec<(Head, &'a [u8])>, String> {
    let mut streams = Vec::new();
    for _ in 0..count {
        let head: Head = next(body)?;
        let length = usize::try_from(head.4).ok();
        let parts = length.and_then(|length| body.split_at_checked(length));
        let Some((inside, rest)) = parts else {
            return Err(format!("it ends within the stream of key {}", head.0));
        };
        if last.is_some_and(|last| last >= head.0) || head.1 >= clock {
            return Err(format!("key {} is out of order", head.0));
        }
        (*last, *body) = (Some(head.0), rest);
        streams.push((head, inside));
    }
    Ok(streams)
}

fn stream(head: Head, mut body: &[u8], template: &Template) -> Result<Stream, String> {
    let (key, seen, counted, tag, _) = head;
    let state = match tag {
        TEMPLATE => State::Template,
        COLLECTING => State::Collecting(next(&mut body)?),
        DETECTOR => State::Open(decode_spot(std::mem::take(&mut body))?.into()),
        _ => return Err(format!("key {key} is in state {tag}, which is not known")),
    };
    let stream = Stream::from_parts(key, counted, state, template).filter(|_| body.is_empty());
    let mut stream = stream.ok_or(format!("the contents of key {key} are inconsistent"))?;
    stream.seen = seen;
    stream.pack(template, &mut Scratch::default());
    Ok(stream)
}

fn next<T: DeserializeOwned>(body: &mut &[u8]) -> Result<T, String> {
    let (state, rest) = take(body)?;
    *body = rest;
    Ok(state)
}
