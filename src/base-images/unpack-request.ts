/** An image to unpack, and where. */
export interface UnpackRequest {
  /** Absolute path of the image. */
  readonly image: string;
  /** Its name, which tells how a compressed file is packed. */
  readonly name: string;
  /** Absolute path of the folder to fill. */
  readonly tree: string;
  /** Absolute path of an existing folder with room for the content of the image. */
  readonly scratch: string;
  /** True in a user namespace, where there are neither device nodes nor loop devices. */
  readonly isUserNamespace: boolean;
  readonly signal?: AbortSignal | undefined;
}
