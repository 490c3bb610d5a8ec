//! [`Trap`]: what befalls the first connection that reaches a place in a stream; whoever comes again finds nothing.

use std::time::Duration;

use crate::faults::fault::Fault;

/// Waits in front of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trap {
    Cut,
    CutMidFrame,
    Delay(Duration),
    Twice,
    Garble,
    TooSlow,
    /// The window moves beyond this frame and so many more, and the connection ends.
    MoveWindow {
        by: usize,
        announced: bool,
    },
    /// The connection ends so that its successor meets what waits for a request. No fault of its own.
    Redial,
}

impl Trap {
    /// The trap of a fault that has one.
    pub(crate) fn of(fault: Fault) -> Option<Self> {
        Some(match fault {
            Fault::Cut => Self::Cut,
            Fault::CutMidFrame => Self::CutMidFrame,
            Fault::Delayed => Self::Delay(Duration::from_millis(150)),
            Fault::FrameRepeated => Self::Twice,
            Fault::FrameMalformed => Self::Garble,
            Fault::TooSlow => Self::TooSlow,
            Fault::OutdatedCursor => Self::MoveWindow { by: 5, announced: true },
            Fault::WindowLost => Self::MoveWindow { by: 5, announced: false },
            _ => return None,
        })
    }

    /// The fault that has come true when somebody met it.
    pub(crate) fn fault(self) -> Option<Fault> {
        Some(match self {
            Self::Cut => Fault::Cut,
            Self::CutMidFrame => Fault::CutMidFrame,
            Self::Delay(_) => Fault::Delayed,
            Self::Twice => Fault::FrameRepeated,
            Self::Garble => Fault::FrameMalformed,
            Self::TooSlow => Fault::TooSlow,
            Self::MoveWindow { announced: true, .. } => Fault::OutdatedCursor,
            Self::MoveWindow { announced: false, .. } => Fault::WindowLost,
            Self::Redial => return None,
        })
    }
}
