-- What measured a clip's features: `cpu`, or a graphics card by its name. Tables of extractors that are made later have
-- the column from the start; those of other packages get it when they are next measured.
ALTER TABLE IF EXISTS feature_sharpness ADD COLUMN IF NOT EXISTS measured_on TEXT;
ALTER TABLE IF EXISTS feature_exposure ADD COLUMN IF NOT EXISTS measured_on TEXT;
ALTER TABLE IF EXISTS feature_motion ADD COLUMN IF NOT EXISTS measured_on TEXT;
ALTER TABLE IF EXISTS feature_hands ADD COLUMN IF NOT EXISTS measured_on TEXT;
ALTER TABLE IF EXISTS feature_embedding ADD COLUMN IF NOT EXISTS measured_on TEXT;
ALTER TABLE IF EXISTS feature_composite ADD COLUMN IF NOT EXISTS measured_on TEXT;
