-- Repos that are held whole, by the number of their account.
SELECT toString(actor)
FROM repos FINAL
WHERE state = 'synchronized'
