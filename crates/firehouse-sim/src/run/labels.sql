-- The last word on every label: who says what of what, whether it was taken back, when, and until when it applies.
SELECT labeler, uri, val, cid, neg, cts, exp
FROM labels FINAL
