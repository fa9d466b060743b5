-- Labels have a kind: people's, a simulated annotator's, or a model's judgement.
ALTER TABLE label_entry ALTER COLUMN simulated
    TYPE TEXT USING CASE WHEN simulated THEN 'simulated' ELSE 'people' END;
ALTER TABLE label_entry RENAME COLUMN simulated TO kind;     -- people, simulated, model

-- `simulated` stays for queries written when there were two kinds. It is NULL for a model's judgement, so that neither
-- "WHERE simulated" nor "WHERE NOT simulated" counts it.
CREATE OR REPLACE VIEW label AS
SELECT label_id, left_clip_id, right_clip_id, answer, annotator, kind,
       CASE kind WHEN 'people' THEN false WHEN 'simulated' THEN true END AS simulated,
       response_ms, strategy, created_at, entry_id
FROM label_entry
QUALIFY row_number() OVER (PARTITION BY label_id ORDER BY entry_id DESC) = 1 AND answer <> 'undone';
