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
