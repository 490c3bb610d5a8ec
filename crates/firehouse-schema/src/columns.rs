//! How the column types that serde does not know are written and read.

/// `Enum8` columns as the enums that name their values.
macro_rules! enum8 {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i8)]
        pub enum $name { $($(#[$variant_doc])* $variant = $value,)+ }

        impl $name {
            /// The value's name in SQL.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i8(*self as i8)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match i8::deserialize(deserializer)? {
                    $($value => Ok(Self::$variant),)+
                    other => Err(serde::de::Error::custom(format_args!("{other} is no {}", stringify!($name)))),
                }
            }
        }
    };
}
pub(crate) use enum8;

/// `DateTime64(3)` as the integer it is.
pub(crate) mod datetime64_3 {
    use firehouse_types::Datetime;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Datetime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(value.ms())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Datetime, D::Error> {
        i64::deserialize(deserializer).map(Datetime::from_ms)
    }
}
