-- keys of the same columns, of which a partition that is attached has shares
CREATE TABLE seats (hall integer NOT NULL, seat integer NOT NULL, note text);
CREATE TABLE boxes (hall integer NOT NULL, box integer NOT NULL) PARTITION BY LIST (hall);
ALTER TABLE boxes ADD CONSTRAINT boxes_pkey PRIMARY KEY (hall, box);
CREATE TABLE first_boxes (hall integer NOT NULL, box integer NOT NULL);
