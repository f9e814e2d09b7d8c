-- One row in a hundred, all over the table.
UPDATE jobs SET title = title || ' *', minutes = minutes + 1 WHERE job_id % 100 = 0;
