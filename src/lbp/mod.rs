//! Local Binary Patterns: the distance between codes and its 3-D tables.
