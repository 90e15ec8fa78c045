DROP TABLE postkit.reload_before, postkit.reload_dropped
