-- Atomic, because refreshable views need it.
-- Params: database Identifier.
CREATE DATABASE IF NOT EXISTS {database:Identifier} ENGINE = Atomic
