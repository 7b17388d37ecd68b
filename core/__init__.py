"""GROUND: values, words, errors and the clock. Knows no Flask, no database and no network."""
