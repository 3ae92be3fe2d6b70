//! The answers of `tailspot_events`: a list of structs, which DuckDB keeps as one column for each field.

use libduckdb_sys::{
    duckdb_list_entry, duckdb_list_vector_get_child, duckdb_list_vector_reserve,
    duckdb_list_vector_set_size, duckdb_state_DuckDBSuccess, duckdb_struct_vector_get_child,
    duckdb_vector, duckdb_vector_ensure_validity_writable, duckdb_vector_get_data,
    duckdb_vector_get_validity,
};
use quack_rs::vector::VectorWriter;
use quack_rs::vector::list_builder::max_child_capacity;
use tailspot::{Event, Outputs, Side, Verdict};
use tailspot_sql::{Refusal, Stream};

/// Values that are judged before their answers are looked at: what fits the cache.
const CHUNK: usize = 2048;

/// A column of the answers: what it holds, and a bit for each that is not NULL.
struct Column<T> {
    data: *mut T,
    validity: *mut u64,
}

impl<T> Column<T> {
    /// # Safety
    ///
    /// The field of these structs holds items of this type.
    unsafe fn new(structs: duckdb_vector, field: u64) -> Self {
        // SAFETY: promised by the caller.
        unsafe {
            let vector = duckdb_struct_vector_get_child(structs, field);
            duckdb_vector_ensure_validity_writable(vector);
            Column {
                data: duckdb_vector_get_data(vector).cast(),
                validity: duckdb_vector_get_validity(vector),
            }
        }
    }

    /// The items of a range, with space reserved for it.
    unsafe fn items(&mut self, start: usize, count: usize) -> &mut [T] {
        // SAFETY: the caller reserved it; numbers of any bits are numbers.
        unsafe { std::slice::from_raw_parts_mut(self.data.add(start), count) }
    }

    /// Makes an item NULL, or not.
    unsafe fn set_valid(&mut self, index: usize, is_valid: bool) {
        // SAFETY: the caller reserved it: a bit for each item.
        unsafe {
            let (word, bit) = (self.validity.add(index / 64), 1_u64 << (index % 64));
            *word = if is_valid { *word | bit } else { *word & !bit };
        }
    }

    /// Makes all of a range NULL.
    unsafe fn clear(&mut self, start: usize, end: usize) {
        let mut index = start;
        while index < end {
            if index.is_multiple_of(64) && index + 64 <= end {
                // SAFETY: the caller reserved it.
                unsafe { *self.validity.add(index / 64) = 0 };
                index += 64;
            } else {
                // SAFETY: the same.
                unsafe { self.set_valid(index, false) };
                index += 1;
            }
        }
    }
}

impl Column<f64> {
    /// Writes a number; NaN is NULL.
    unsafe fn put(&mut self, index: usize, x: f64) {
        // SAFETY: the caller reserved it.
        unsafe {
            self.items(index, 1)[0] = x;
            self.set_valid(index, !x.is_nan());
        }
    }

    /// Makes what is NaN NULL. A threshold that is known stays known.
    unsafe fn clear_missing(&mut self, start: usize, end: usize) {
        // SAFETY: the caller reserved it.
        unsafe {
            let known = self.items(start, end - start).iter().position(|x| !x.is_nan());
            self.clear(start, known.map_or(end, |known| start + known));
        }
    }
}

/// The lists of a chunk.
pub(crate) struct Answers {
    output: duckdb_vector,
    entries: *mut duckdb_list_entry,
    writer: VectorWriter,
    most: usize,
    length: usize,
}

/// The fields of the struct, with space for the answers of one list.
struct Fields {
    events: Column<u8>,
    threshold: Column<f64>,
    probability: Column<f64>,
    incident: Column<i64>,
    upper: Column<f64>,
    lower: Column<f64>,
}

impl Answers {
    /// # Safety
    ///
    /// The vector is the output of a call of `tailspot_events`.
    pub(crate) unsafe fn new(output: duckdb_vector) -> Self {
        // SAFETY: promised by the caller.
        unsafe {
            let (entries, most) =
                (duckdb_vector_get_data(output).cast(), max_child_capacity(output));
            Answers { output, entries, writer: VectorWriter::from_vector(output), most, length: 0 }
        }
    }

    /// A NULL for a row.
    pub(crate) fn put_null(&mut self, row: usize) {
        // SAFETY: the output has a row for each of the input.
        unsafe {
            *self.entries.add(row) = duckdb_list_entry { offset: self.length as u64, length: 0 };
            self.writer.set_null(row);
        }
    }

    /// The list of a row: the answers to these values.
    pub(crate) fn put(
        &mut self,
        row: usize,
        mut stream: Stream,
        values: &[f64],
    ) -> Result<(), Refusal> {
        let (start, end) = (self.length, self.length + values.len());
        if end > self.most {
            return Err(format!("{end} answers are more than a vector holds, {}", self.most));
        }
        // SAFETY: the output has a row for each of the input, and space for all answers so far.
        unsafe {
            if duckdb_list_vector_reserve(self.output, end as u64) != duckdb_state_DuckDBSuccess {
                return Err(format!("there is no memory for {end} answers"));
            }
            *self.entries.add(row) =
                duckdb_list_entry { offset: start as u64, length: values.len() as u64 };
            let mut fields = Fields::new(self.output);
            for (i, chunk) in values.chunks(CHUNK).enumerate() {
                fields.judge(&mut stream, chunk, start + i * CHUNK)?;
            }
        }
        self.length = end;
        Ok(())
    }

    /// All rows are written.
    pub(crate) fn finish(self) {
        // SAFETY: so many answers are there.
        unsafe { duckdb_list_vector_set_size(self.output, self.length as u64) };
    }
}

impl Fields {
    /// # Safety
    ///
    /// The vector is the output of a call of `tailspot_events`. What is reserved later is not seen.
    unsafe fn new(list: duckdb_vector) -> Self {
        // SAFETY: the types of `answer_type`, in its order.
        unsafe {
            let structs = duckdb_list_vector_get_child(list);
            Fields {
                events: Column::new(structs, 0),
                threshold: Column::new(structs, 1),
                probability: Column::new(structs, 2),
                incident: Column::new(structs, 3),
                upper: Column::new(structs, 4),
                lower: Column::new(structs, 5),
            }
        }
    }

    /// Judges values, and writes the answers from an index on.
    ///
    /// # Safety
    ///
    /// There is space for them.
    unsafe fn judge(
        &mut self,
        stream: &mut Stream,
        values: &[f64],
        start: usize,
    ) -> Result<(), Refusal> {
        let (count, end) = (values.len(), start + values.len());
        let mut events = [Event::Normal; CHUNK];
        let mut probability = [f64::NAN; CHUNK];
        // SAFETY: promised by the caller.
        unsafe {
            let outputs = Outputs {
                upper: Some(self.upper.items(start, count)),
                lower: Some(self.lower.items(start, count)),
                probability: Some(&mut probability[..count]),
                ..Outputs::default()
            };
            let incidents = stream.step_many(values, &mut events[..count], outputs)?;
            for column in [&mut self.upper, &mut self.lower] {
                column.clear_missing(start, end);
            }
            self.threshold.clear(start, end);
            self.probability.clear(start, end);
            self.incident.clear(start, end);
            for (i, event) in events[..count].iter().enumerate() {
                self.events.items(start + i, 1)[0] = member(*event);
                let Some(side) = event.side() else { continue };
                let index = start + i;
                let by = if side == Side::Up { &mut self.upper } else { &mut self.lower };
                let threshold = by.items(index, 1)[0];
                self.threshold.put(index, threshold);
                self.probability.put(index, probability[i]);
            }
            for (i, number) in incidents {
                self.incident.items(start + i, 1)[0] = number as i64;
                self.incident.set_valid(start + i, true);
            }
        }
        Ok(())
    }
}

/// The answers of `tailspot_judge`: a struct for each row.
pub(crate) struct Verdicts {
    events: Column<u8>,
    numbers: [Column<f64>; 4],
    writer: VectorWriter,
}

impl Verdicts {
    /// # Safety
    ///
    /// The vector is the output of a call of `tailspot_judge`.
    pub(crate) unsafe fn new(output: duckdb_vector) -> Self {
        // SAFETY: the types of `verdict_type`, in its order.
        unsafe {
            Verdicts {
                events: Column::new(output, 0),
                numbers: [1, 2, 3, 4].map(|field| Column::new(output, field)),
                writer: VectorWriter::from_vector(output),
            }
        }
    }

    /// The answer of a row, or NULL.
    pub(crate) fn put(&mut self, row: usize, verdict: Option<Verdict>) {
        // SAFETY: the output has a row for each of the input.
        unsafe {
            let Some(verdict) = verdict else {
                self.writer.set_null(row);
                // A NULL struct is one of NULLs.
                self.events.set_valid(row, false);
                self.numbers.iter_mut().for_each(|column| column.put(row, f64::NAN));
                return;
            };
            self.events.items(row, 1)[0] = member(verdict.event);
            let Verdict { probability, upper, lower, .. } = verdict;
            let numbers = [verdict.threshold(), probability, upper, lower];
            self.numbers.iter_mut().zip(numbers).for_each(|(column, x)| column.put(row, x));
        }
    }
}

/// The place of an event in the ENUM, which has the order of `Event::ALL`.
fn member(event: Event) -> u8 {
    match event {
        Event::Normal => 0,
        Event::AlertUp => 1,
        Event::AlertDown => 2,
        Event::ExcessUp => 3,
        Event::ExcessDown => 4,
        Event::InitBatch => 5,
        Event::Calibration => 6,
        // The enum is open: what a later engine adds is found by its place.
        other => Event::ALL.iter().position(|event| *event == other).map_or(0, |place| place as u8),
    }
}
