"""What a song, a run or a folder of tracks is like: one question a module, each beside what people reach."""
