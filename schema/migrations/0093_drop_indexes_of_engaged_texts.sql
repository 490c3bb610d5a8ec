-- To be made anew by the next: one cannot be altered.
ALTER TABLE engaged_texts
    DROP INDEX IF EXISTS tokens,
    DROP INDEX IF EXISTS runs
