//! `#labels`: the envelope's form. Each label is cut out as it stands; whether it is one, the next hop finds out.

use bytes::Bytes;
use firehouse_repo::cbor::{Item, Reader};
use firehouse_types::{DropReason, LabelsEvent};

use super::payload::{BrokenFrame, Payload, pass_inside, seq};

/// Labels of one frame. A signed label has more than 130 bytes, so that no frame has room for more of them than this.
const LABELS_MAX: usize = 40_000;

pub(super) fn read(frame: &Bytes, reader: Reader<'_>) -> Result<LabelsEvent, DropReason> {
    let mut payload = Payload::new(reader)?;
    let mut seq_ = None;
    let mut labels = Err(DropReason::InvalidEnvelope);
    while let Some(key) = payload.next_key()? {
        match key {
            "seq" => seq_ = payload.value()?,
            "labels" => labels = read_labels(frame, &mut payload.reader)?,
            _ => {
                payload.value()?;
            }
        }
    }
    payload.end()?;
    Ok(LabelsEvent { seq: seq(seq_)?, labels: labels? })
}

/// The outer error breaks the frame, the inner one this event: the array is read to its end either way.
fn read_labels(
    frame: &Bytes,
    reader: &mut Reader<'_>,
) -> Result<Result<Vec<Bytes>, DropReason>, BrokenFrame> {
    let item = reader.item()?;
    let Item::Array(count) = item else {
        pass_inside(reader, item)?;
        return Ok(Err(DropReason::InvalidEnvelope));
    };
    let mut labels = Vec::new();
    for _ in 0..count {
        let from = reader.rest();
        let item = reader.item()?;
        pass_inside(reader, item)?;
        if labels.len() < LABELS_MAX {
            let bytes = from.len() - reader.rest().len();
            labels.extend(from.get(..bytes).map(|label| frame.slice_ref(label)));
        }
    }
    let is_all = usize::try_from(count).is_ok_and(|count| count <= LABELS_MAX);
    Ok(if is_all { Ok(labels) } else { Err(DropReason::InvalidEnvelope) })
}
