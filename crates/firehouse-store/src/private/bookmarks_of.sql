-- By how many accounts some posts are bookmarked, and whether the viewer is one of them.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts; viewer UInt64, 0 for nobody.
SELECT subject_actor, subject_rkey, count() AS count, max(actor = {viewer:UInt64}) AS by_viewer
FROM private_bookmarks_by_subject FINAL
PREWHERE (subject_actor, subject_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
GROUP BY subject_actor, subject_rkey
