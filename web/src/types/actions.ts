/** One action unit of a face. */
export interface ActionUnit {
  /** 0 to 1. */
  probability: number;
  /** From 0 to the model's scale, mostly 5; of a unit that motion alone tells, none. */
  intensity?: number;
  /** Whether the probability is 0.5 or more. */
  present: boolean;
}

/** The action units of a face, as `moue analyze --actions --json` writes them. Left and right are the person's. */
export interface Actions {
  /** Names of the five most probable units, the most probable first. */
  strongest: string[];
  /** By their names, such as `AU12`: those that are read; what is not is left out. */
  units: Record<string, ActionUnit>;
  /** What the units say of emotions by the combinations of FACS: an explanation beside the networks' label, never in its place. */
  emfacs: Emfacs;
}

/** Emotions that combinations of units are signs of. */
export interface Emfacs {
  /** The emotion that the units speak for; null where no combination is whole. */
  emotion: string | null;
  /** Whether that is the networks' label; null where no emotion has its name. */
  agrees: boolean | null;
  /** By emotion, the combination of it that comes nearest. */
  emotions: Record<string, EmotionSign>;
}

/** A combination of units. */
export interface EmotionSign {
  /** Whether all of its units are known to be present. */
  whole: boolean;
  /** The least probability of its units that are read, 0 to 1; null where none is. */
  degree: number | null;
  /** The least intensity of its units; none where a unit has none. */
  intensity?: number;
  /** Its units that are read. */
  units: string[];
  /** Those of them that are not present. */
  missing?: string[];
  /** What of it is not read, and nobody knows: units, and `one side`. */
  unknown?: string[];
}

/** What a model says of one of its units. */
export interface ActionUnitInfo {
  /** Such as `AU12`. */
  name: string;
  /** What one sees, such as `lip corners up`; null for a label that is none of FACS. */
  words: string | null;
  /** Whether it is read in photographs. */
  photographs: boolean;
  /** Whether it is read in videos. */
  videos: boolean;
}
