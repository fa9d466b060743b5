-- Where a file's first picture lies on the file's own clock, which is the one that a browser's player seeks by. Every other
-- time counts from that picture. NULL: imported before this was written down, and not looked at again yet.
ALTER TABLE video ADD COLUMN first_frame_s DOUBLE;

-- The order in which things came in, for a clock may be set back. What is here already gets numbers up to 0, in the order
-- in which it was written.
CREATE SEQUENCE sitting_sequence;
ALTER TABLE sitting ADD COLUMN entry BIGINT;
UPDATE sitting SET entry = old.entry FROM (
    SELECT sitting_id, row_number() OVER (ORDER BY rowid) - count(*) OVER () AS entry FROM sitting
) old WHERE sitting.sitting_id = old.sitting_id;
ALTER TABLE sitting ALTER COLUMN entry SET DEFAULT nextval('sitting_sequence');

CREATE SEQUENCE reward_model_sequence;
ALTER TABLE reward_model ADD COLUMN entry BIGINT;
UPDATE reward_model SET entry = old.entry FROM (
    SELECT model_id, row_number() OVER (ORDER BY rowid) - count(*) OVER () AS entry FROM reward_model
) old WHERE reward_model.model_id = old.model_id;
ALTER TABLE reward_model ALTER COLUMN entry SET DEFAULT nextval('reward_model_sequence');

CREATE SEQUENCE validation_run_sequence;
ALTER TABLE validation_run ADD COLUMN entry BIGINT;
UPDATE validation_run SET entry = old.entry FROM (
    SELECT run_id, row_number() OVER (ORDER BY rowid) - count(*) OVER () AS entry FROM validation_run
) old WHERE validation_run.run_id = old.run_id;
ALTER TABLE validation_run ALTER COLUMN entry SET DEFAULT nextval('validation_run_sequence');

CREATE SEQUENCE ablation_run_sequence;
ALTER TABLE ablation_run ADD COLUMN entry BIGINT;
UPDATE ablation_run SET entry = old.entry FROM (
    SELECT run_id, row_number() OVER (ORDER BY rowid) - count(*) OVER () AS entry FROM ablation_run
) old WHERE ablation_run.run_id = old.run_id;
ALTER TABLE ablation_run ALTER COLUMN entry SET DEFAULT nextval('ablation_run_sequence');

CREATE SEQUENCE export_run_sequence;
ALTER TABLE export_run ADD COLUMN entry BIGINT;
UPDATE export_run SET entry = old.entry FROM (
    SELECT export_id, row_number() OVER (ORDER BY rowid) - count(*) OVER () AS entry FROM export_run
) old WHERE export_run.export_id = old.export_id;
ALTER TABLE export_run ALTER COLUMN entry SET DEFAULT nextval('export_run_sequence');

-- With the place of a label's last word among all words that were said.
CREATE OR REPLACE VIEW label AS
SELECT label_id, left_clip_id, right_clip_id, answer, annotator, simulated, response_ms, strategy, created_at, entry_id
FROM label_entry
QUALIFY row_number() OVER (PARTITION BY label_id ORDER BY entry_id DESC) = 1 AND answer <> 'undone';
