//! What becomes of an image: decoded within limits, turned upright, scaled to a [`Preset`], in the colours of the web, encoded anew.
//!
//! Pure and slow. Nothing of the original but its pixels is left: no camera, no place, no comment.

use std::io::Cursor;

use fast_image_resize::images::Image as Pixels;
use fast_image_resize::{PixelType, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageReader, Limits};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// A side longer than this is no picture.
const SIDE_MAX: u32 = 32_768;
/// What libraries need beside pixels.
const OVERHEAD_BYTES: u64 = 8 * 1024 * 1024;
/// The largest image that is made, in bytes of its pixels: four of these are held while it is encoded.
const MADE_BYTES_MAX: u64 = 3_000 * 1_000 * 4;

/// What an image is for, which says how large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Preset {
    /// 1000 × 1000, cut to fit.
    Avatar,
    /// 3000 × 1000, cut to fit.
    Banner,
    /// Whole, at most 2000 either way.
    FeedThumbnail,
    /// Whole, at most 1000 either way.
    FeedFullsize,
}

/// How an image is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Webp,
    Jpeg,
}

/// How an image fills its preset's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// All of the frame, what is beyond is cut off.
    Cover,
    /// One way; the other way it is shorter.
    Inside,
}

/// What is known of an image before it is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Memory it takes at most while it is made.
    pub(crate) bytes: u64,
}

/// No image that can be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// Its format is unknown or broken.
    #[error("decoding")]
    Decode(#[from] image::ImageError),
    /// Its head cannot be read.
    #[error("reading")]
    Read(#[from] std::io::Error),
    /// It has no pixels, or too many.
    #[error("{width} × {height} pixels")]
    Size { width: u32, height: u32 },
    /// It cannot be scaled or encoded.
    #[error("scaling or encoding")]
    Make,
}

impl Preset {
    pub(crate) const ALL: [Self; 4] =
        [Self::Avatar, Self::Banner, Self::FeedThumbnail, Self::FeedFullsize];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Banner => "banner",
            Self::FeedThumbnail => "feed_thumbnail",
            Self::FeedFullsize => "feed_fullsize",
        }
    }

    fn frame(self) -> (u32, u32, Fit) {
        match self {
            Self::Avatar => (1000, 1000, Fit::Cover),
            Self::Banner => (3000, 1000, Fit::Cover),
            Self::FeedThumbnail => (2000, 2000, Fit::Inside),
            Self::FeedFullsize => (1000, 1000, Fit::Inside),
        }
    }

    /// How large an image of this size becomes. Small ones grow, as in the reference.
    fn size_of(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self.frame() {
            (frame_width, frame_height, Fit::Cover) => (frame_width, frame_height),
            (frame_width, frame_height, Fit::Inside) => {
                let scale = (f64::from(frame_width) / f64::from(width))
                    .min(f64::from(frame_height) / f64::from(height));
                let scaled = |side: u32, max: u32| rounded(f64::from(side) * scale).clamp(1, max);
                (scaled(width, frame_width), scaled(height, frame_height))
            }
        }
    }
}

impl Format {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Webp => "webp",
            Self::Jpeg => "jpeg",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// Looks at the head of a blob, whatever its sender says it is.
pub(crate) fn look(blob: &[u8], memory_bytes_max: u64) -> Result<Needs, Unusable> {
    let mut decoder = decoder(blob, memory_bytes_max)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
        return Err(Unusable::Size { width, height });
    }
    let decoded = decoder.total_bytes();
    let pixels = u64::from(width) * u64::from(height);
    let is_upright = matches!(decoder.orientation(), Ok(Orientation::NoTransforms));
    let is_plain = matches!(decoder.color_type(), ColorType::Rgb8 | ColorType::Rgba8);
    // Decoders hold up to as much again as they give; then a copy that is turned, or one in other words.
    let copies =
        decoded + if is_upright { 0 } else { decoded } + if is_plain { 0 } else { pixels * 4 };
    // Between the two passes of scaling: as wide as the target, as high as the source.
    let between = 3_000 * u64::from(height.max(width)) * 4;
    let bytes = OVERHEAD_BYTES + decoded + copies + between + 4 * MADE_BYTES_MAX;
    if bytes > memory_bytes_max {
        return Err(Unusable::Size { width, height });
    }
    Ok(Needs { bytes })
}

/// Makes the image.
pub(crate) fn make(
    blob: &[u8],
    preset: Preset,
    format: Format,
    quality: u8,
    needs: Needs,
) -> Result<Vec<u8>, Unusable> {
    let mut decoder = decoder(blob, needs.bytes)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    let made = scaled(image, preset)?;
    encode(in_srgb(made, profile.as_deref()), format, quality)
}

fn decoder(blob: &[u8], memory_bytes_max: u64) -> Result<impl ImageDecoder + '_, Unusable> {
    let mut reader = ImageReader::new(Cursor::new(blob)).with_guessed_format()?;
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(memory_bytes_max);
    reader.limits(limits);
    Ok(reader.into_decoder()?)
}

/// The first frame, when there are several.
fn scaled(image: DynamicImage, preset: Preset) -> Result<Pixels<'static>, Unusable> {
    let (width, height) = (image.width(), image.height());
    let (kind, pixels) = if image.color().has_alpha() {
        (PixelType::U8x4, image.into_rgba8().into_raw())
    } else {
        (PixelType::U8x3, image.into_rgb8().into_raw())
    };
    let source = Pixels::from_vec_u8(width, height, pixels, kind).map_err(|_| Unusable::Make)?;
    let (made_width, made_height) = preset.size_of((width, height));
    let mut made = Pixels::new(made_width, made_height, kind);
    // The middle of it, when something is cut off. The scaling itself is Lanczos', as in the reference.
    let options = ResizeOptions::new().fit_into_destination(Some((0.5, 0.5)));
    Resizer::new().resize(&source, &mut made, &options).map_err(|_| Unusable::Make)?;
    Ok(made)
}

/// The same colours by their names in sRGB, which is what an image without a profile is taken to be. A profile that cannot be used is left out.
fn in_srgb(pixels: Pixels<'static>, profile: Option<&[u8]>) -> Pixels<'static> {
    let Some(Ok(profile)) = profile.map(ColorProfile::new_from_slice) else { return pixels };
    if profile.color_space != DataColorSpace::Rgb {
        return pixels;
    }
    let layout = if pixels.pixel_type() == PixelType::U8x4 { Layout::Rgba } else { Layout::Rgb };
    let srgb = ColorProfile::new_srgb();
    let transform =
        profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default());
    let mut made = Pixels::new(pixels.width(), pixels.height(), pixels.pixel_type());
    match transform.map(|transform| transform.transform(pixels.buffer(), made.buffer_mut())) {
        Ok(Ok(())) => made,
        Ok(Err(_)) | Err(_) => pixels,
    }
}

fn encode(pixels: Pixels<'static>, format: Format, quality: u8) -> Result<Vec<u8>, Unusable> {
    let (width, height) = (pixels.width(), pixels.height());
    let has_alpha = pixels.pixel_type() == PixelType::U8x4;
    match format {
        Format::Webp => {
            let encoder = match has_alpha {
                true => webp::Encoder::from_rgba(pixels.buffer(), width, height),
                false => webp::Encoder::from_rgb(pixels.buffer(), width, height),
            };
            let made = encoder.encode_simple(false, f32::from(quality));
            made.map(|made| made.to_vec()).map_err(|_| Unusable::Make)
        }
        Format::Jpeg => {
            let pixels = if has_alpha { on_black(pixels.buffer()) } else { pixels.into_vec() };
            let mut made = Vec::new();
            JpegEncoder::new_with_quality(&mut made, quality).encode(
                &pixels,
                width,
                height,
                ExtendedColorType::Rgb8,
            )?;
            Ok(made)
        }
    }
}

/// What shines through is black, as in the reference.
fn on_black(rgba: &[u8]) -> Vec<u8> {
    let (pixels, _) = rgba.as_chunks::<4>();
    pixels
        .iter()
        .flat_map(|&[red, green, blue, alpha]| {
            [red, green, blue].map(|colour| shaded(colour, alpha))
        })
        .collect()
}

fn shaded(colour: u8, alpha: u8) -> u8 {
    let shaded = (u16::from(colour) * u16::from(alpha) + 127) / 255;
    u8::try_from(shaded).unwrap_or(u8::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and is clamped"
)]
fn rounded(side: f64) -> u32 {
    side.round() as u32
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    const MEMORY: u64 = 512 * 1024 * 1024;

    fn made(blob: &[u8], preset: Preset, format: Format) -> DynamicImage {
        let needs = look(blob, MEMORY).expect("an image");
        let made = make(blob, preset, format, 90, needs).expect("an image");
        let found = image::guess_format(&made).expect("a format");
        let expected = if format == Format::Webp { ImageFormat::WebP } else { ImageFormat::Jpeg };
        assert_eq!(found, expected);
        image::load_from_memory(&made).expect("what we made can be read")
    }

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut blob = Cursor::new(Vec::new());
        image.write_to(&mut blob, format).expect("an encoder");
        blob.into_inner()
    }

    /// Red above, blue below.
    fn two_colours(width: u32, height: u32) -> DynamicImage {
        let colour = |_, y| if y < height / 2 { Rgb([250, 5, 5]) } else { Rgb([5, 5, 250]) };
        RgbImage::from_fn(width, height, colour).into()
    }

    #[test]
    fn each_format_becomes_each_preset() {
        let image = two_colours(300, 100);
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
        ] {
            let blob = encoded(&image, format);
            for (preset, size) in [
                (Preset::Avatar, (1000, 1000)),
                (Preset::Banner, (3000, 1000)),
                (Preset::FeedThumbnail, (2000, 667)),
                (Preset::FeedFullsize, (1000, 333)),
            ] {
                let made = made(&blob, preset, Format::Webp);
                assert_eq!((made.width(), made.height()), size, "{format:?} {preset:?}");
                let made = made.into_rgb8();
                let [above, below] =
                    [size.1 / 4, size.1 * 3 / 4].map(|y| *made.get_pixel(size.0 / 2, y));
                assert!(above.0[0] > 200 && above.0[2] < 60, "{format:?} {preset:?} {above:?}");
                assert!(below.0[0] < 60 && below.0[2] > 200, "{format:?} {preset:?} {below:?}");
            }
        }
    }

    #[test]
    fn what_is_transparent_stays_so_and_is_black_where_nothing_can_be() {
        let image: DynamicImage = RgbaImage::from_pixel(20, 20, Rgba([255, 255, 255, 0])).into();
        let blob = encoded(&image, ImageFormat::Png);
        let webp = made(&blob, Preset::FeedFullsize, Format::Webp);
        assert_eq!(webp.to_rgba8().get_pixel(500, 500).0[3], 0);
        let jpeg = made(&blob, Preset::FeedFullsize, Format::Jpeg);
        assert!(jpeg.to_rgb8().get_pixel(500, 500).0.iter().all(|&colour| colour < 8));
    }

    #[test]
    fn sixteen_bits_and_greys_are_shown_too() {
        let grey = DynamicImage::from(two_colours(64, 64).to_luma8());
        let deep = DynamicImage::from(two_colours(64, 64).to_rgba16());
        for image in [grey, deep] {
            let made = made(&encoded(&image, ImageFormat::Png), Preset::Avatar, Format::Jpeg);
            assert_eq!((made.width(), made.height()), (1000, 1000));
        }
    }

    #[test]
    fn a_photo_is_turned_upright() {
        let mut blob = encoded(&two_colours(200, 100), ImageFormat::Jpeg);
        // Exif: one entry, orientation 6 (turn right).
        let exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        blob.splice(2..2, exif.iter().copied());
        let made = made(&blob, Preset::FeedFullsize, Format::Jpeg);
        assert_eq!((made.width(), made.height()), (500, 1000));
        let [left, right] = [100, 400].map(|x| *made.to_rgb8().get_pixel(x, 500));
        assert!(left.0[2] > 200 && right.0[0] > 200, "{left:?} {right:?}");
    }

    #[test]
    fn an_image_of_one_line_has_at_least_one_pixel_each_way() {
        let blob = encoded(&two_colours(5000, 1), ImageFormat::Png);
        let line = made(&blob, Preset::FeedFullsize, Format::Webp);
        assert_eq!((line.width(), line.height()), (1000, 1));
        let avatar = made(&blob, Preset::Avatar, Format::Webp);
        assert_eq!((avatar.width(), avatar.height()), (1000, 1000));
    }

    #[test]
    fn a_bomb_is_seen_before_it_goes_off() {
        // 30,000 × 30,000 pixels in a few kilobytes.
        let mut png = encoded(&two_colours(1, 1), ImageFormat::Png);
        png[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
        png[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
        let checksum = crc(&png[12..29]);
        png[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert!(matches!(look(&png, MEMORY), Err(Unusable::Size { width: 30_000, .. })));
        // It announces less than it holds: no more than announced is decoded.
        let mut gif = encoded(&two_colours(600, 600), ImageFormat::Gif);
        gif[6..10].copy_from_slice(&[10, 0, 10, 0]);
        if let Ok(needs) = look(&gif, MEMORY) {
            let _ = make(&gif, Preset::Avatar, Format::Webp, 90, needs);
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let png = encoded(&two_colours(50, 50), ImageFormat::Png);
        let cut = &png[..png.len() / 2];
        for blob in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff", cut] {
            let made = look(blob, MEMORY)
                .and_then(|needs| make(blob, Preset::Avatar, Format::Webp, 90, needs));
            assert!(made.is_err());
        }
    }

    fn crc(bytes: &[u8]) -> u32 {
        let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        !bytes
            .iter()
            .fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
    }
}
