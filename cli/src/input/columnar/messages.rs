//! The messages of Arrow IPC, which are read once their lengths agree with what is there: the crate's reader allocates
//! whatever a damaged one claims.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use arrow_ipc::{CompressionType, Message, RecordBatch, root_as_footer, root_as_message};

/// Stands in front of each message.
const MARK: [u8; 4] = [0xff; 4];
/// The mark and the length of what describes the message.
const PREFIX: usize = 8;
/// The end of a file: the length of its table of contents, and ARROW1.
const END: u64 = 10;

/// Passes on each message as a whole once it has arrived.
pub(super) struct Messages {
    raw: Box<dyn Read>,
    message: Vec<u8>,
    /// So much of the message was read.
    given: usize,
    ended: bool,
}

impl Messages {
    pub(super) fn new(raw: Box<dyn Read>) -> Self {
        Messages { raw, message: Vec::new(), given: 0, ended: false }
    }

    /// Reads the next message; an empty one is the end.
    fn next(&mut self) -> io::Result<()> {
        self.given = 0;
        self.message.clear();
        if self.ended || self.arrive(PREFIX)? == 0 {
            return Ok(());
        }
        let length = self.message.get(MARK.len()..PREFIX).ok_or_else(cut)?.try_into();
        let length = i32::from_le_bytes(length.unwrap_or_default());
        let length = usize::try_from(length).map_err(|_| damaged("a negative length"))?;
        if !self.message.starts_with(&MARK) {
            return Err(damaged("a message without its mark, as before Arrow 0.15"));
        }
        self.ended = length == 0;
        if self.ended {
            return Ok(());
        }
        if self.arrive(length)? < length {
            return Err(cut());
        }
        let body = read(&self.message[PREFIX..])?.bodyLength();
        let body = usize::try_from(body).map_err(|_| damaged("a negative length"))?;
        if self.arrive(body)? < body {
            return Err(cut());
        }
        let (about, body) = self.message[PREFIX..].split_at(length);
        check(&read(about)?, body)
    }

    /// Reads so many bytes behind those that are there, or all that are left.
    fn arrive(&mut self, count: usize) -> io::Result<usize> {
        (&mut self.raw).take(count as u64).read_to_end(&mut self.message)
    }
}

impl Read for Messages {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.message.len() {
            self.next()?;
        }
        let count = buffer.len().min(self.message.len() - self.given);
        buffer[..count].copy_from_slice(&self.message[self.given..][..count]);
        self.given += count;
        Ok(count)
    }
}

fn read(about: &[u8]) -> io::Result<Message<'_>> {
    root_as_message(about).map_err(|_| damaged("a message that makes no sense"))
}

/// Looks at all messages that the table of contents of a file names.
pub(super) fn check_file(file: &mut File) -> io::Result<()> {
    let size = file.seek(SeekFrom::End(0))?;
    let footer = part(file, size, size.saturating_sub(END), END)?;
    let length = footer.first_chunk().map_or(0, |length| u64::from(u32::from_le_bytes(*length)));
    let footer = part(file, size, size.saturating_sub(END).saturating_sub(length), length)?;
    let footer = root_as_footer(&footer).map_err(|_| damaged("no table of contents"))?;
    for block in footer.dictionaries().iter().chain(&footer.recordBatches()).flatten() {
        let (start, about) = (block.offset() as u64, block.metaDataLength() as u64);
        let about = part(file, size, start, about)?;
        let body =
            part(file, size, start.saturating_add(about.len() as u64), block.bodyLength() as u64)?;
        let prefix = if about.starts_with(&MARK) { PREFIX } else { PREFIX - MARK.len() };
        let message = read(about.get(prefix..).unwrap_or_default())?;
        if message.bodyLength() != block.bodyLength() {
            return Err(damaged("a message of another length than its table of contents says"));
        }
        check(&message, &body)?;
    }
    Ok(())
}

/// A part of a file of this size.
fn part(file: &mut File, size: u64, start: u64, length: u64) -> io::Result<Vec<u8>> {
    if start.checked_add(length).is_none_or(|end| end > size) {
        return Err(cut());
    }
    let mut bytes = vec![0; length as usize];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Compares what the compressed parts of a batch claim to hold with what they can hold.
fn check(message: &Message<'_>, body: &[u8]) -> io::Result<()> {
    let batch: Option<RecordBatch<'_>> = message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch().and_then(|batch| batch.data()));
    let Some(batch) = batch else { return Ok(()) };
    let (Some(compression), Some(buffers)) = (batch.compression(), batch.buffers()) else {
        return Ok(());
    };
    // At most: a byte of LZ4 adds 255 to a length, and four bytes of Zstandard are a block of 128 KiB.
    let most = if compression.codec() == CompressionType::LZ4_FRAME { 256 } else { 32_768 };
    for buffer in buffers {
        // It begins with its length without compression.
        let start = usize::try_from(buffer.offset()).unwrap_or(usize::MAX);
        let claim = body.get(start..).and_then(|rest| rest.first_chunk());
        let length = buffer.length();
        let claim = claim.map_or(0, |claim| i64::from_le_bytes(*claim));
        if length > 0 && claim > length.saturating_mul(most) {
            return Err(damaged("a compressed part that claims to be too long"));
        }
    }
    Ok(())
}

fn cut() -> io::Error {
    damaged("it ends in the middle of a message")
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
