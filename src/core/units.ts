// Units that the whole project counts in. They are plain numbers, named so that a signature says what it takes.

/** Milliseconds: a duration, or a point on the clock that the shell injects (monotonic; only differences mean anything). */
export type Millis = number;

/** Position of a deployment in `RoutingTable.deployments`, and its row in the fleet table. */
export type DeploymentIndex = number;

/** Source of chance: a number in [0, 1). Handed in so that tests and the simulator can seed it. */
export type Rng = () => number;
