// Swagger UI, without what hinders people in it: docs/decisions/0024-swagger-ui-mended.md.
const mended = ({ React }) => {
  const { createElement: h, Fragment } = React;
  const unseen = (element, text) => h(element, { className: 'unseen' }, text);
  /** A landmark of its own, with a heading where the next one would be two steps below. */
  const within = (element, label, heading) => (Original) => (props) =>
    h(element, { 'aria-label': label }, heading && unseen(heading, label), h(Original, props));
  return {
    components: {
      // There is one server: where the page comes from.
      ServersContainer: () => null,
      // A link inside the button that opens an operation is out of reach of a screen reader.
      DeepLink: ({ text }) => h('span', null, text),
    },
    wrapComponents: {
      InfoContainer: within('section', 'About'),
      AuthorizeBtnContainer: within('section', 'Keys', 'h2'),
      FilterContainer: within('search', 'Operations'),
      operations: within('section', 'Operations', 'h2'),
      Models: within('div', 'Schemas', 'h3'),
      CloseIcon: (Icon) => (props) => h(Fragment, null, unseen('span', 'Close'), h(Icon, props)),
      // What a button says is its name.
      Button: (Button) => (props) => h(Button, { ...props, 'aria-label': undefined }),
      // A key is kept while the page is open, and by no browser longer.
      Input: (Input) => (props) => h(Input, { ...props, autoComplete: 'off' }),
      // The field of a parameter has its name; without one it is a part of another field.
      JsonSchemaForm: (Form) => (props) =>
        props.description ? h('label', null, unseen('span', props.description), h(Form, props)) : h(Form, props),
      // What is scrolled can have the focus, so that the keyboard scrolls it.
      HighlightCode: (Code) => (props) =>
        h('div', { className: 'scrolled', tabIndex: 0, role: 'group', 'aria-label': 'Code' }, h(Code, props)),
    },
  };
};

SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  defaultModelsExpandDepth: 0,
  plugins: [mended],
  // Otherwise Swagger UI sends the document's address to a server of its makers.
  validatorUrl: null,
});
